CREATE TABLE `comments` (
  `a` int(11) DEFAULT NULL COMMENT 'it''s',
  `b` varchar(9) DEFAULT 'd' COMMENT 'back\\slash and\nnew line',
  `c` text DEFAULT NULL,
  `d` int(11) NOT NULL AUTO_INCREMENT COMMENT '"quoted" -- /* not a comment */ `x`',
  PRIMARY KEY (`d`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci COMMENT='The table''s	text'