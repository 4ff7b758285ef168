CREATE TABLE `plain_expressions` (
  `a` varchar(36) DEFAULT uuid(),
  `b` varchar(9) DEFAULT concat('a','b') COMMENT 'x',
  `c` date DEFAULT curdate(),
  `d` int(11) DEFAULT (`a` is null)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci