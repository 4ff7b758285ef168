CREATE TABLE `introducers` (
  `a` varchar(9) DEFAULT (_latin1'x'),
  `b` varchar(9) GENERATED ALWAYS AS (concat(_utf8mb4'a',_utf8mb4')')) STORED
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci