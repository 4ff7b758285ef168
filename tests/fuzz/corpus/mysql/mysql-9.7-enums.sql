CREATE TABLE `enums` (
  `a` enum('a','b','c') DEFAULT 'a',
  `b` set('x','y') NOT NULL,
  `c` enum('it''s','a,b','c)') NOT NULL DEFAULT 'it''s',
  `d` enum('') DEFAULT ''
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci